// What processes that train together need of the library that connects them. Its one form, for MPI, is a
// module that is opened while running (mpi_module.cpp), so that the program starts without MPI where it runs
// alone.
//
// Everyone begins the same operations of a channel in the same order; none of them waits. Memory stays the
// caller's, until done() has said so. One thread uses a Transport.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace actionflow::training {

enum class Channel { messages, slices, results };  // whose operations have orders of their own
inline constexpr int kChannels = 3;

class Transport {
 public:
  using Ticket = int;

  virtual ~Transport() = default;
  virtual int rank() const = 0;
  virtual int ranks() const = 0;

  // `all` has counts[r] bytes of each rank, one after another: the caller's own stand there, the others come.
  virtual Ticket share(Channel channel, void* all, std::span<const int> counts) = 0;
  // To each rank its bytes of `from`, from each rank its bytes to `to`.
  virtual Ticket exchange(Channel channel, const void* from, std::span<const int> from_counts, void* to,
                          std::span<const int> to_counts) = 0;
  // The sum over all ranks, in place, in an order of the library's choice.
  virtual Ticket add_up(Channel channel, std::span<float> values) = 0;
  // Moves on whatever is under way; true once: the ticket is used up.
  virtual bool done(Ticket ticket) = 0;

  // Ends every rank with this code.
  [[noreturn]] virtual void abort(int code) = 0;
};

// What the module exports: null and a reason where there is no connection.
inline constexpr const char* kOpenTransport = "actionflow_open_transport";
using OpenTransport = Transport* (*)(std::string& why_not);

}  // namespace actionflow::training
