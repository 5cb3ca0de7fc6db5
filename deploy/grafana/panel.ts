/** A panel as data: what it asks and how it is drawn. */
export interface Panel {
  title: string;
  /** For whoever points at its corner. */
  description?: string;
  draw: 'line' | 'stacked' | 'number';
  unit: Unit;
  queries: readonly Query[];
  /** Of 24. Default: 8, a number 4. */
  width?: number;
  /** A number turns red from here on. */
  redFrom?: number;
}

export interface Query {
  expr: string;
  /** Of its series; `{{label}}` stands for the label's value. */
  legend: string;
}

export interface Board {
  /** Part of its address, and the name of its file. */
  uid: string;
  title: string;
  description: string;
  rows: readonly { title: string; panels: readonly Panel[] }[];
}

/** Grafana's ids of units. */
export type Unit = 'short' | 's' | 'bytes' | 'Bps' | 'reqps' | 'percentunit' | 'suffix: cores';
