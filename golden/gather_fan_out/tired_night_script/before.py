#!/usr/bin/env python
"""Two in the morning."""
import asyncio, sys; import json

async def go(urls , get) :
	t=[]
	for u in urls: t.append(get(u))   # all of them
	r=await   asyncio.gather( *t )
	if r : print(len(r),file=sys.stderr) ; x=await asyncio.gather(*[get(u+"?again")for u in urls],return_exceptions = True)
	else: x = [ ]
	return json.dumps([str(i) for i in r+x])

async def go2(urls, get):
	foo = await asyncio.gather(*[get( u,
			"v2") for u in urls
		if u != "bad"
	])
	return foo
