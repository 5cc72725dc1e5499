"""Networks, counts and demand into volumes and speeds on links."""
