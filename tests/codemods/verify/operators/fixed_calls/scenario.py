"""Each call is two, and cleans up now and then; the caller goes on afterwards."""


async def scenario(subject, world):
    def source(name):
        async def call():
            try:
                return await world.call(name, await world.call(f"open {name}"))
            finally:
                if world.chance(f"closes {name}", 0.3):
                    await world.call(f"close {name}")

        return call

    forms = [subject.page, subject.page_in_place]
    forms += [subject.page_in_a_chain, subject.page_in_place_in_a_chain]
    page = world.pick("form", forms)
    try:
        return await page(source("user"), source("orders"), source("prices"))
    finally:
        await world.call("after")
