/** What sends mails. This one writes them into the log; `app.override(getMailer, …)` puts another in its place. */
import { Depends, Log } from 'covet';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mailer {
  send(mail: Mail): Promise<void>;
}

export const getMailer = Depends(
  { log: Log },
  ({ log }): Mailer => ({
    send: async ({ to, subject }) => {
      log.info({ to, subject }, 'A mail');
    },
  }),
  { scope: 'singleton', name: 'getMailer' },
);
