#!/usr/bin/env python3
# 4 am. two at once
import asyncio, json

from _operators import fork_join, from_awaitable, last_value_from, timeout


async def both(a, b , f):
	x,y=await last_value_from(fork_join(f(a), f(b)))
	return {"x": x , 'y':y}
async def go( f , n) :
	r= [ ]
	while len(r) < n: r.extend(
		await last_value_from(fork_join(f(len(r)), f(len(r)+1), return_exceptions=True))
	)
	if r : z = await last_value_from(
		fork_join(asyncio.sleep(.01), f("z"), from_awaitable(f('q')).pipe(timeout(1)))
	) ; r.append(z[1])
	return json.dumps([str(i) for i in r]), await both( 1,2, f )
