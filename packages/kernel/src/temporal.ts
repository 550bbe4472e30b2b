/** The one place that names the Temporal implementation, so that it can be dropped when the runtime has its own. */
export { Temporal } from 'temporal-polyfill';
