#!/usr/bin/env python3
# why does it hang
import sys
from asyncio import TimeoutError as TE

import reactivex as rx
from reactivex import operators as ops

import _operators
from _operators import flat_map, from_async, last_value_from


class T :
	timeout=.5
	async def go(self , f , n , timeout = None):
		try:
			r=await last_value_from(
				from_async(f, n).pipe(_operators.timeout(timeout or self.timeout))
			)
		except TE: r = None; print("timeout" , n, file=sys.stderr)
		return r
	async def all(self,f,ns):
		return [
			x
			for x in await last_value_from(
				rx.from_iterable(ns).pipe(
					flat_map(
						lambda n: from_async(self.go, f, n, .1*n).pipe(_operators.timeout(1)),
						return_exceptions=True,
					),
					ops.to_list(),
				)
			)
			if x
		]

async def main(f,ns,tmo) :
	t = T() ; res=await t.all(f , ns)
	last = f"{await last_value_from(from_async(t.go, f, 99).pipe(_operators.timeout(tmo)))}"; return res,last
