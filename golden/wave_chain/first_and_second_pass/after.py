# written at 2am, it works, do not touch
from json import dumps

import reactivex as rx
from reactivex import operators as ops

from _operators import concat_map, flat_map, from_async, last_value_from


async def sync_all(src,dst, *a,  verbose = False, **kw) :
    '''first pass finds out what there is, second pass moves it'''
    if verbose: print('first pass')
    first_pass_source = rx.from_iterable(a).pipe(
        flat_map(lambda x: src.ls(x, **kw)), ops.to_list()
    )

    async def run_second_pass(first_pass):
        # flatten
        todo=[]
        for l in first_pass :
            for f in l:
                if f.startswith('.'): continue   # hidden
                todo += [f]
        if not todo:
            if verbose: print('nothing')
            return rx.of(None)
        if verbose :
            print('second pass', len(todo)); print(dumps(todo))
        second_pass = await last_value_from(
            rx.from_iterable(todo).pipe(
                flat_map(lambda f: copy(src, dst, f), return_exceptions=True),
                ops.to_list(),
            )
        )
        bad = [f for f, r in zip(todo, second_pass) if isinstance(r, Exception)]
        for f in bad :
            await dst.rm(f)   # half-written
        return rx.of((len(second_pass)-len(bad), bad))

    return await last_value_from(first_pass_source.pipe(concat_map(run_second_pass)))

async def copy(src,dst,f):
    data = await src.get(f)
    await dst.put(f,data)

async def report(src, *a):
    return await last_value_from(
        from_async(src.ls, *a).pipe(
            concat_map(lambda stage_one: from_async(stage_two, src, stage_one))
        )
    )

async def stage_two(src, names):
    return {n: await src.get(n) for n in names}
