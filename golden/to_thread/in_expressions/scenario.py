from codemods.verify.world import World


class Out(list):
    def __init__(self, rows: list) -> None:
        super().__init__()
        self.rows = rows

    def __enter__(self) -> "Out":
        return self

    def __exit__(self, *_: object) -> None:
        self.rows += self


class Store:
    def __init__(self, world: World) -> None:
        self._world = world
        self._rows: list = []

    def title(self) -> str:
        return f"title {self._world.sync_call('title')}"

    def load(self, name: str) -> int:
        return self._world.sync_call("load", name)

    def opened(self, name: str) -> Out:
        self._world.sync_call("open", name)
        return Out(self._rows)

    def is_fresh(self) -> bool:
        return self._world.sync_call("fresh")

    def old_rows(self, names: list[str], *, limit: int) -> list[str]:
        return names[:limit]

    def check(self, name: str) -> bool:
        return self._world.sync_call("check", name)


async def scenario(subject, world: World) -> object:
    for name in ("title", "load"):
        world.returns(name, lambda n, rng: rng.randrange(100))
    for name in ("fresh", "check"):
        world.returns(name, lambda n, rng: rng.random() < 0.5)
    names = [f"n{n}" for n in range(world.choose("names", 0, 4))]
    store = Store(world)
    report = await subject.report(store, names, world.chance("verbose", 0.5))
    return report, [line async for line in subject.lines(store, names)]
