import asyncio


async def scenario(subject, world):
    async def play(track):
        return await world.call("play", track)

    player = subject.Player(play)

    async def control():
        for number in range(world.choose("pauses", 0, 3)):
            await asyncio.sleep(world.uniform(f"pause {number}", 0.1, 1.0))
            player.pause()
            await asyncio.sleep(world.uniform(f"resume {number}", 0.1, 1.0))
            player.resume()
        await asyncio.sleep(world.uniform("quit", 0.1, 2.0))
        player.quit.set()
        player.resume()

    return await asyncio.gather(
        control(), player.run("abcd"), player.repeat("x"), return_exceptions=True
    )
