"""Files into frozen, checked records; the only room that opens inputs."""
