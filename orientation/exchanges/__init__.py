"""What was asked between directories, without anything of the patient: the log and its indicators."""
