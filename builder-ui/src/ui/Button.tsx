// A button: default, primary, quiet or danger; `icon` for a square one.
import { Button as AriaButton, type ButtonProps } from 'react-aria-components/Button';
import css from './Button.module.css';

interface Look {
  variant?: 'default' | 'primary' | 'quiet' | 'danger';
  icon?: boolean;
  className?: string | undefined;
}

export function Button({
  variant = 'default',
  icon = false,
  className,
  ...props
}: Omit<ButtonProps, 'className'> & Look) {
  const classes = [
    css.button,
    variant === 'default' ? '' : css[variant],
    icon ? css.icon : '',
    className ?? '',
  ];
  return <AriaButton {...props} className={classes.filter(Boolean).join(' ')} />;
}
