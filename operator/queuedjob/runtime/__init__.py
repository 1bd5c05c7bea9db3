"""Controller machinery that knows no kind: store, workqueue, reflector, resync, pacing, clocks."""
