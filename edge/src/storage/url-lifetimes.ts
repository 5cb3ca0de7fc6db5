/** How long an attempt may read and write with one set of URLs; it can ask for fresh ones while its lease holds. */
export const READ_URL_TTL_SECONDS = 3_600;
export const UPLOAD_URL_TTL_SECONDS = 3_600;
