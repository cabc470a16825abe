#!/usr/bin/env python
"""Two in the morning."""
import sys; import json

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


async def go(urls , get) :
	t=[]
	for u in urls: t.append(get(u))   # all of them
	r=await last_value_from(
		rx.from_iterable(t).pipe(flat_map(lambda task: task), ops.to_list())
	)
	if r : print(len(r),file=sys.stderr) ; x=await last_value_from(
		rx.from_iterable(urls).pipe(
			flat_map(lambda u: get(u+"?again"), return_exceptions=True), ops.to_list()
		)
	)
	else: x = [ ]
	return json.dumps([str(i) for i in r+x])

async def go2(urls, get):
	foo = await last_value_from(
		rx.from_iterable(u for u in urls if u != "bad").pipe(
			flat_map(lambda u: get(u, "v2")), ops.to_list()
		)
	)
	return foo
