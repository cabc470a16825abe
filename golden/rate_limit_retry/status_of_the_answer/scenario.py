from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    errors = [lambda call: subject.HTTPError(429)] * 6
    errors += [lambda call: subject.HTTPError(503)]
    errors += [lambda call: subject.HTTPError(429, "too large")]
    errors += [lambda call: ValueError("the Rate Limit was hit"), OSError]
    world.fails("post", 0.65, error=errors)

    async def post(url: str, payload: object) -> object:
        return await world.call("post", url, payload)

    retries = world.choose("retries", 0, 3)
    match world.pick("what", ["call", "ask", "guess", "translate"]):
        case "call":
            return await subject.call(post, "u", 1, retries, world.uniform("base", 0.1, 2.0))
        case "translate":
            return await subject.translate(post, "u", 4, 5, max_retries=retries)
        case "ask":
            return await subject.ask(post, "u", 2, retries)
    return await subject.guess(post, "u", 3)
