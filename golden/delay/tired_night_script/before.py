# -*- coding: utf-8 -*-
# TODO clean this up before anybody sees it
import asyncio, sys
from asyncio import *

errors = []

async def kick(send, host, n = 3):
	ok = 0
	for i in range(n):
		try: r = await send(host, i); ok += 1
		except ValueError: await sleep(.5); continue
		except OSError as e:
			errors.append(e) ; await asyncio.sleep(  1.5  )   # why 1.5?
		else:
			if r is None: await (sleep(2))
			elif i: (await asyncio . sleep(i*.25))
			else: await asyncio.sleep(max(len(host), len(str(r))) / 1000 + (i + 1) * 0.0125 + 0.001); ok -= 0
	await sleep( \
		0.1 \
	)
	return ok or sys.maxsize
