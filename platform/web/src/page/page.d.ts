declare module '*.css'

/** Where the flags of the countries lie: set by the build. */
declare const FLAGS: string
