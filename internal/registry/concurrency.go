package registry

import "strconv"

// concurrency is a reserved one; none if it says nothing.
type concurrency struct {
	ReservedConcurrentExecutions *int `json:",omitempty"`
}

// most is how much of an account's concurrency can be reserved: 1000, of which 100 stay ("Lambda quotas" in the developer guide).
const most = 900

// putConcurrency is the operation PutFunctionConcurrency.
func (c *call) putConcurrency() (any, error) {
	var sent concurrency
	if err := c.say(&sent); err != nil {
		return nil, err
	}
	if sent.ReservedConcurrentExecutions == nil {
		return nil, unfit("reservedConcurrentExecutions", "null", "Member must not be null")
	}
	if n := *sent.ReservedConcurrentExecutions; n < 0 {
		return nil, unfit("reservedConcurrentExecutions", strconv.Itoa(n), "Member must have value greater than or equal to 0")
	}
	_, err := c.change(func(f *function) error {
		sum := *sent.ReservedConcurrentExecutions
		for name, other := range c.now() {
			if name != f.Name && other.Reserved != nil {
				sum += *other.Reserved
			}
		}
		if sum > most {
			return invalid("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below " +
				"its minimum value of [100].")
		}
		f.Reserved = sent.ReservedConcurrentExecutions
		return nil
	})
	return sent, err
}

// getConcurrency is the operation GetFunctionConcurrency.
func (c *call) getConcurrency() (any, error) {
	f, err := c.current()
	if err != nil {
		return nil, err
	}
	return concurrency{f.Reserved}, nil
}

// deleteConcurrency is the operation DeleteFunctionConcurrency.
func (c *call) deleteConcurrency() (any, error) {
	_, err := c.change(func(f *function) error {
		f.Reserved = nil
		return nil
	})
	return nil, err
}
