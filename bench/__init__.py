"""Speed, measured as ratios against a reference in the same run. `make bench` writes bench/RESULTS.md."""
