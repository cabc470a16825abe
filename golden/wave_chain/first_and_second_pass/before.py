# written at 2am, it works, do not touch
import asyncio as aio
from json import dumps

async def sync_all(src,dst, *a,  verbose = False, **kw) :
    '''first pass finds out what there is, second pass moves it'''
    if verbose: print('first pass')
    first_pass = await aio.gather(*[src.ls(x, **kw) for x in a])
    # flatten
    todo=[]
    for l in first_pass :
        for f in l:
            if f.startswith('.'): continue   # hidden
            todo += [f]
    if not todo:
        if verbose: print('nothing')
        return
    if verbose :
        print('second pass', len(todo)); print(dumps(todo))
    second_pass = await aio.gather(*[copy(src,dst,f) for f in todo], return_exceptions=True)
    bad = [f for f, r in zip(todo, second_pass) if isinstance(r, Exception)]
    for f in bad :
        await dst.rm(f)   # half-written
    return len(second_pass)-len(bad), bad

async def copy(src,dst,f):
    data = await src.get(f)
    await dst.put(f,data)

async def report(src, *a):
    stage_one = await src.ls(*a)
    return await stage_two(src, stage_one)

async def stage_two(src, names):
    return {n: await src.get(n) for n in names}
