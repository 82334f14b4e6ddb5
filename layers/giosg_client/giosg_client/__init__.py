"""A typed client for Giosg's HTTP API and webhooks (https://docs.giosg.com).

Import from the modules: `giosg_client.webhooks` and `giosg_client.models` load no HTTP library, `giosg_client.client`
does.
"""
