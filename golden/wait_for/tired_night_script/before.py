#!/usr/bin/env python3
# why does it hang
import asyncio,sys
from asyncio import wait_for as wf, TimeoutError as TE

class T :
	timeout=.5
	async def go(self , f , n , timeout = None):
		try:
			r=await   wf( f( n ) , timeout or self.timeout)
		except TE: r = None; print("timeout" , n, file=sys.stderr)
		return r
	async def all(self,f,ns):
		return [ x for x in await asyncio.gather(*[wf(self.go(f, n, .1*n), 1) for n in ns], return_exceptions = True) if x ]

async def main(f,ns,tmo) :
	t = T() ; res=await t.all(f , ns)
	last = f"{await asyncio.wait_for(t.go(f, 99), timeout = tmo)}"; return res,last
