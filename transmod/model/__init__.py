"""Activity and factors into tonnes."""
