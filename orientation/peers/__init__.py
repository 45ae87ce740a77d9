"""Other regions: who they are, which of them a question is for, and their answers and ours as one."""
