"""Motion vectors and residuals as the video's own encoder made them, without computing optical flow."""
