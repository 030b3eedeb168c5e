"""The sealed grader: tests are judged where no student's code has ever run."""
