/** ffprobe: the streams of an MP4 that lies in two files, one after the other, as JSON. */
export function probeMovieArgv(headerFile: string, mediaFile: string): string[] {
  return [
    ...['-hide_banner', '-loglevel', 'level+error', '-of', 'json'],
    ...['-protocol_whitelist', 'concat,file', '-f', 'mov'],
    ...['-show_format', '-show_streams', '-i', `concat:${headerFile}|${mediaFile}`],
  ];
}
