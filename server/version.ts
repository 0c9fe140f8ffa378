/** Of the package: the build puts it in. What runs from sources has none. */
export const VERSION: string = process.env['DVRSCOPE_VERSION'] ?? 'from sources';
