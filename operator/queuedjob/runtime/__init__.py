"""Controller machinery that depends on no kind: store, workqueue, pacing, clocks."""
