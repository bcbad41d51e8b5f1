#include "nodes/delivery/http_delivery.h"

#include <gmock/gmock.h>

#include <mutex>

#include "base/error.h"
#include "nodes/delivery/courier.h"
#include "nodes/delivery/hmac.h"
#include "tests/datasets/video/small_server.h"
#include "tests/tools/certificates.h"
#include "tests/tools/log_lines.h"
#include "tests/tools/mosquitto.h"
#include "tests/tools/moved_clock.h"

namespace actionflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Hmac, GivesTheValuesOfRfc4231) {
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

// A web server that answers what it is told to, and remembers what it was sent.
class WebServer {
 public:
  struct Request {
    std::string head, body;
  };
  std::string address() const { return server_.address("http", "/hook?token=x"); }
  // Of the requests in turn, the last one for all that follow; "": no answer.
  void answer(std::vector<std::string> statuses) {
    const std::lock_guard lock(mutex_);
    statuses_ = std::move(statuses);
  }
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<std::string> bodies() const {
    std::vector<std::string> bodies;
    for (const Request& request : requests()) bodies.push_back(request.body);
    return bodies;
  }

 private:
  void serve(const testing::Connection& connection) {
    for (std::string head = connection.read_head(); !head.empty(); head = connection.read_head()) {
      const std::size_t length = head.find("Content-Length: ");
      const std::string body =
          length == std::string::npos ? "" : connection.read_bytes(std::stoul(head.substr(length + 16)));
      const std::string status = take(head, body);
      if (status.empty()) return connection.stay_silent();
      connection.send("HTTP/1.1 " + status + "\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\nok");
    }
  }
  std::string take(const std::string& head, const std::string& body) {
    const std::lock_guard lock(mutex_);
    requests_.push_back({head, body});
    const std::string status = statuses_.front();
    if (statuses_.size() > 1) statuses_.erase(statuses_.begin());
    return status;
  }

  mutable std::mutex mutex_;
  std::vector<std::string> statuses_{"200 OK"};
  std::vector<Request> requests_;
  testing::SmallServer server_{[this](const testing::Connection& connection) { serve(connection); }};
};

Message message(const std::string& payload, std::int64_t id = 7) { return {"", payload, false, id}; }

TEST(HttpDelivery, PostsTheBodyWithASignatureThatCanBeChecked) {
  WebServer server;
  testing::MovedClock clock;
  clock.pass(1'714'564'799);
  HttpDelivery delivery({server.address(), "key", {{"Authorization", "Bearer abc"}}, {}, 10}, clock);
  EXPECT_TRUE(delivery.deliver(message(R"({"label":"wave"})")));
  const auto request = server.requests().at(0);
  EXPECT_THAT(request.head, HasSubstr("POST /hook?token=x HTTP/1.1\r\n"));
  EXPECT_THAT(request.head, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(request.head, HasSubstr("Authorization: Bearer abc\r\n"));
  EXPECT_THAT(request.head, HasSubstr("X-Actionflow-Delivery: 7\r\n"));
  EXPECT_THAT(request.head, HasSubstr("X-Actionflow-Timestamp: 1714564800\r\n"));
  EXPECT_THAT(request.head, HasSubstr("X-Actionflow-Signature: sha256=" +
                                      hmac_sha256("key", R"(1714564800.{"label":"wave"})") + "\r\n"));
  EXPECT_EQ(request.body, R"({"label":"wave"})");
}

TEST(HttpDelivery, WithoutASecretThereIsNoSignature) {
  WebServer server;
  HttpDelivery delivery({server.address()});
  EXPECT_TRUE(delivery.deliver(message("{}")));
  EXPECT_THAT(server.requests().at(0).head, Not(HasSubstr("Signature")));
}

TEST(HttpDelivery, TellsWhatMayPassFromWhatIsRefused) {
  WebServer server;
  HttpDelivery delivery({server.address()});
  for (const char* passing : {"500 Oops", "503 Busy", "429 Slow down", "408 Timeout", "401 Who",
                              "403 Not you", "404 Where", "410 Gone", "302 Elsewhere"}) {
    server.answer({passing});
    EXPECT_THROW(delivery.deliver(message("{}")), Error) << passing;
  }
  const testing::LogLines log;
  for (const char* refused : {"400 Bad", "413 Large", "415 What", "422 No"}) {
    server.answer({refused});
    EXPECT_FALSE(delivery.deliver(message("{}"))) << refused;
    EXPECT_FALSE(delivery.deliver(message("{}"))) << refused;
  }
  EXPECT_EQ(log.lines().size(), 4U) << "each kind once, however many are refused";
}

TEST(HttpDelivery, AServerThatHangsOrIsNotThereIsAnError) {
  WebServer server;
  server.answer({""});
  HttpDelivery hanging({server.address(), "", {}, {}, 0.2});
  EXPECT_THROW(hanging.deliver(message("{}")), Error);
  HttpDelivery absent({"http://127.0.0.1:" + std::to_string(testing::free_port()) + "/"});
  EXPECT_THROW(absent.deliver(message("{}")), Error);
}

TEST(HttpDelivery, TakesAddressesOfWebServersOnly) {
  for (const char* good : {"http://a", "https://user:pw@a:8443/b?c=d", "http://[::1]:80/"})
    EXPECT_TRUE(HttpDelivery::is_address(good)) << good;
  for (const char* bad :
       {"", "a.b/c", "ftp://a", "file:///etc/passwd", "http://", "http://a b/", "https://a:x/"})
    EXPECT_FALSE(HttpDelivery::is_address(bad)) << bad;
}

std::string error_of(const HttpReceiver& receiver) {
  try {
    HttpDelivery(receiver).deliver(message("{}"));
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

// A broker speaks no HTTP, but TLS as any server does.
TEST(HttpDelivery, SaysNothingToAServerThatCannotBeVerified) {
  if (!testing::Mosquitto::installed()) GTEST_SKIP() << "mosquitto is not installed";
  const testing::Certificates certificates;
  testing::Mosquitto server(certificates.broker_settings());
  server.start();
  HttpReceiver receiver{"https://localhost:" + std::to_string(server.port()) + "/"};
  EXPECT_THAT(error_of(receiver), HasSubstr("certificate")) << "nobody signed it";
  receiver.authority = certificates.file("ca.pem");
  EXPECT_THAT(error_of(receiver), Not(HasSubstr("certificate")));
  receiver.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  EXPECT_THAT(error_of(receiver), HasSubstr("certificate")) << "it is another host's";
}

TEST(HttpDelivery, NothingIsLostWhileTheServerFailsAndHangs) {
  const testing::TemporaryFolder folder;
  WebServer server;
  server.answer({"200 OK", "503 Busy", "", "400 Bad", "200 OK"});
  const auto spool = std::make_shared<Spool>(folder / "a.spool", ByteSize{1'000'000}, SpoolFormat{"webhook"});
  HttpReceiver receiver{server.address()};
  receiver.timeout_seconds = 0.2;
  Courier courier("hook", spool, std::make_shared<HttpDelivery>(receiver), [] { return false; });
  for (const char* payload : {"1", "2", "3", "4"}) spool->put(std::vector<Message>{{"", payload}});
  courier.wake();
  ASSERT_TRUE(testing::wait_for([&] { return spool->state().messages == 0; }));
  EXPECT_THAT(server.bodies(), ElementsAre("1", "2", "2", "2", "3", "4")) << "the third try was refused";
  EXPECT_EQ(courier.state().refused, 1);
  EXPECT_EQ(courier.state().delivered, 3);
}

}  // namespace
}  // namespace actionflow
