from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def ask(question: str) -> str:
        return await world.call("ask", question)

    async def save(number: str, answers: list[str]) -> None:
        await world.call("save", number, answers)

    questions = [f"q{number}" for number in range(world.choose("questions", 0, 5))]
    return await subject.refine(questions, ask, save)
