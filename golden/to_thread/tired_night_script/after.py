#!/usr/bin/env python3
# resize everything, 3 am
import sys, time; from asyncio import *
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import reactivex as rx

from _operators import fork_join, in_executor, in_thread, last_value_from


def work(x , f) :
	time.sleep(.01) ; return f(x)

async def main(xs , f) :
	loop=get_event_loop() ; pool = ThreadPoolExecutor(2)
	out=[ ]
	for x in xs: out.append(
		await last_value_from(
			rx.from_callable(partial(work, x, f)).pipe(in_executor(loop=loop))
		)
	)   # one by one
	try :
		r = await last_value_from(
			rx.from_callable(partial(work, xs, lambda y : [f(z) for z in y])).pipe(in_thread())
		)
	except ValueError: r=[]
	finally: await loop.run_in_executor(pool, print, ""); pool.shutdown()
	if out and not (await last_value_from(
		rx.from_callable(partial(work, out[-1], bool)).pipe(in_thread())
	)): print("?",file = sys.stderr)
	return out , r,await last_value_from(
		fork_join(
			rx.from_callable(partial(f, "a")).pipe(in_thread()),
			rx.from_callable(partial(f, "b")).pipe(in_executor(loop=loop)),
		)
	)
