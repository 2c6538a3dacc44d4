// Package scim speaks SCIM 2.0 (RFC 7643 and 7644) to an identity provider:
// users and groups with the enterprise extension, filters, paging, PATCH with
// path filters, and what Okta and Entra ID send beside the letter of it.
//
// It promises that
//   - an answer of success is given only after the Store took the change;
//   - whatever a client sends wrongly is answered by a SCIM error that names the
//     attribute and never a value of a person, and changes nothing;
//   - the operations of one PATCH are applied together or not at all;
//   - passwords, photos and certificates are thrown away before anything is kept.
//
// What a resource is kept in is the caller's: a Store, which finds by the id and by the
// attributes that identity providers ask for without going through all resources.
package scim
