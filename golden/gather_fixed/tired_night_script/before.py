#!/usr/bin/env python3
# 4 am. two at once
import asyncio, json

async def both(a, b , f):
	x,y=await   asyncio.gather( f(a) ,
		f( b ) )
	return {"x": x , 'y':y}
async def go( f , n) :
	r= [ ]
	while len(r) < n: r.extend( await asyncio.gather(f(len(r)), f( len(r)+1 ), return_exceptions = True) )
	if r : z = await asyncio.gather(asyncio.sleep(.01) , f("z"), asyncio.wait_for(f('q'), 1)) ; r.append(z[1])
	return json.dumps([str(i) for i in r]), await both( 1,2, f )
