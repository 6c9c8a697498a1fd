package journal

import (
	"bytes"
	"context"
	"fmt"
)

// Limits of a call of PutRecordBatch: "PutRecordBatch" in the Amazon Data Firehose API reference.
const (
	maxRecords     = 500
	maxRecordBytes = 4 << 20
)

type deliveryRecord struct{ Data []byte }

type deliverInput struct {
	DeliveryStreamName string
	Records            []deliveryRecord
}

type deliverOutput struct {
	FailedPutCount   int
	RequestResponses []struct{ ErrorCode, ErrorMessage string }
}

// deliver sends lines to a delivery stream, which is not made if it is not there.
func (c *cloud) deliver(ctx context.Context, g *group, blocks []block) (int, error) {
	var records []deliveryRecord
	for _, b := range blocks {
		for line := range bytes.Lines(b.text) {
			records = append(records, deliveryRecord{line})
		}
	}
	written := 0
	for len(records) > 0 {
		n, size := 0, 0
		for n < min(len(records), maxRecords) && size+len(records[n].Data) <= maxRecordBytes {
			size += len(records[n].Data)
			n++
		}
		left := records[:n]
		err := c.retry(ctx, func() error {
			var err error
			left, err = c.deliverOnce(ctx, g, left)
			return err
		})
		written += n - len(left)
		if err != nil {
			return written, err
		}
		records = records[n:]
	}
	return written, nil
}

// deliverOnce makes one call, and returns what is still to be sent: records are refused one by one.
func (c *cloud) deliverOnce(ctx context.Context, g *group, records []deliveryRecord) (left []deliveryRecord, err error) {
	var out deliverOutput
	if err := c.call(ctx, firehose, g, "PutRecordBatch", deliverInput{g.name, records}, &out); err != nil {
		return records, err
	}
	if out.FailedPutCount == 0 || len(out.RequestResponses) != len(records) {
		return nil, nil
	}
	for i, of := range out.RequestResponses {
		if of.ErrorCode == "" {
			continue
		}
		left = append(left, records[i])
		err = fmt.Errorf("journal: PutRecordBatch: %w", &failure{500, cut(of.ErrorCode, 100), of.ErrorMessage})
	}
	return left, err
}
