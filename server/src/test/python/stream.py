"""Pushes series out of a generator, each in a chunk of its own: stream.py ADDRESS JOB COUNT WIDTH"""
import sys
import urllib.request

address, job, count, width = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def series():
    for number in range(count):
        yield f'streamed{{number="{number}",text="{"x" * width}"}} {number}\n'.encode()


# Without a length of its data, urllib sends it chunked.
request = urllib.request.Request(f"http://{address}/metrics/job/{job}", data=series(), method="PUT")
with urllib.request.urlopen(request, timeout=30) as answer:
    print(answer.status)
