import { formatSelector, type TrafficSelector } from '../../sa/traffic-selector.ts';

/** As charon writes selectors: a range with two dots. Ports are numbers, where it looks for a name. */
export function viciSelector(selector: TrafficSelector): string {
  const text = formatSelector(selector);
  const [addresses = '', ...upper] = text.split('[');
  return [addresses.replace('-', '..'), ...upper].join('[');
}
