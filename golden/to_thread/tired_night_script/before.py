#!/usr/bin/env python3
# resize everything, 3 am
import asyncio, sys, time; from asyncio import *
from concurrent.futures import ThreadPoolExecutor

def work(x , f) :
	time.sleep(.01) ; return f(x)

async def main(xs , f) :
	loop=get_event_loop() ; pool = ThreadPoolExecutor(2)
	out=[ ]
	for x in xs: out.append(await   loop.run_in_executor( None , work , x,f ))   # one by one
	try :
		r = await to_thread(work, xs
			, lambda y : [f(z) for z in y],
		)
	except ValueError: r=[]
	finally: await loop.run_in_executor(pool, print, ""); pool.shutdown()
	if out and not (await asyncio.to_thread(work,out[-1], bool)): print("?",file = sys.stderr)
	return out , r,await asyncio.gather(to_thread(f, "a"), loop.run_in_executor(None, f, "b"))
