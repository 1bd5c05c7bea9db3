"""Controller machinery that knows no kind: store, workqueue, pacing, clocks."""
