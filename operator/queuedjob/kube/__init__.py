"""The API server's adapter: transport, client, bodies of pods, jobs, letters, events; its errors become ours."""
