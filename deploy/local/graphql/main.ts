import { z } from 'zod';
import { startGraphqlGateway } from './gateway.ts';

const { PORT, API_URL } = z
  .object({ PORT: z.coerce.number().int().min(1).max(65_535), API_URL: z.url() })
  .parse(process.env);

const gateway = await startGraphqlGateway({ port: PORT, apiUrl: API_URL });
process.once('SIGTERM', () => void gateway.stop());
