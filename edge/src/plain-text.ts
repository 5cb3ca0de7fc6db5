import { z } from 'zod';

/** Text that can be stored and shown: no control characters, no broken surrogate pairs. */
export function plainText(minLength: number, maxLength: number) {
  return z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), 'must not hold control characters');
}
