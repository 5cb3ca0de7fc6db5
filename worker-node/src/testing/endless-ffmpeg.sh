#!/bin/sh
# An ffmpeg, or ffprobe, that starts well, never ends, and does not listen when it is asked to stop.
case "$*" in
  *-encoders*) printf 'Encoders:\n ------\n V....D libx264 H.264\n' ;;
  *-filters*) printf 'Filters:\n' ;;
  *-version*) echo 'ffmpeg version 0.0-endless' ;;
  *)
    echo $$ >>"$(dirname "$0")/pids"
    trap '' TERM
    exec sleep 1000
    ;;
esac
