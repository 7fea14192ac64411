"""The wire: signing, endpoints, one async client, its errors, the throttle."""
