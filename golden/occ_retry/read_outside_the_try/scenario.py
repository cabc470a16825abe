from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    errors = [subject.ConflictError] * 5 + [subject.LockedConflictError, OSError]
    world.fails("put", 0.6, error=errors)
    world.fails("get", 0.15, error=[subject.ConflictError, OSError])
    world.fails("note", 0.15, error=[subject.ConflictError, OSError])
    world.returns("get", lambda n, rng: {"state": rng.choice(["new", "old", "old"]), "amount": n})

    class Db:
        async def get(self, account: str) -> dict:
            return await world.call("get", account)

        async def put(self, account: str, row: dict) -> dict:
            return await world.call("put", account, row)

        async def note(self, account: str, amount: int) -> None:
            await world.call("note", account, amount)

    accounts = subject.Accounts(Db(), world.uniform("pause", 0.02, 0.3))
    match world.pick("what", ["reset", "deposit", "withdraw"]):
        case "reset":
            return await accounts.reset("a-1", attempts=world.choose("attempts", 0, 4))
        case "deposit":
            return await accounts.deposit("a-2", 50)
    return await accounts.withdraw("a-3", 20, world.choose("tries", 0, 3))
