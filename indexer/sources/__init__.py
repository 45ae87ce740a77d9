"""Where units come from: each source yields units, rejections and notices."""
