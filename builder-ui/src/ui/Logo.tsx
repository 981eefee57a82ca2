// The product's mark and name.
import css from './Logo.module.css';

export function Logo() {
  return (
    <span className={css.logo}>
      <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="currentColor" />
        <path
          d="M10 7v18M22 7 11 17l11 8"
          fill="none"
          stroke="#fff"
          strokeWidth="3.4"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <span className={css.name}>Kontor</span>
    </span>
  );
}
