package seam

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
)

// exchangeError is a broken exchange, told without a byte of what the other side sent: net/http quotes malformed
// answers, which could hold a PIN code.
type exchangeError struct{ err error }

// brokenExchange keeps the context's own error in the chain, which a cancellation with a cause would hide.
func brokenExchange(ctx context.Context, err error) error {
	return exchangeError{errors.Join(ctx.Err(), err)}
}

// Unwrap returns what net/http said, for errors.Is and errors.As. Not for print.
func (e exchangeError) Unwrap() error { return e.err }

// Error names the cause by its type.
func (e exchangeError) Error() string {
	switch known := quotable(e.err); {
	case known != nil:
		return known.Error()
	case errors.Is(e.err, context.Canceled):
		return "cancelled before the whole answer came"
	case errors.Is(e.err, context.DeadlineExceeded):
		return "no whole answer in time"
	case errors.Is(e.err, io.EOF), errors.Is(e.err, io.ErrUnexpectedEOF):
		return "connection closed before the whole answer came"
	}
	return "connection broken or answer malformed"
}

// quotable finds the errors that tell only of addresses, certificates and what the system says about a connection.
func quotable(err error) error {
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return certificate
	}
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return record
	}
	if operation, ok := errors.AsType[*net.OpError](err); ok {
		return operation
	}
	return nil
}
