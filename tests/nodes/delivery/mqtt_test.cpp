#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "nodes/delivery/courier.h"
#include "nodes/delivery/mqtt_client.h"
#include "nodes/delivery/mqtt_delivery.h"
#include "tests/tools/certificates.h"
#include "tests/tools/killed_process.h"
#include "tests/tools/mosquitto.h"

namespace actionflow {
namespace {

using testing::Mosquitto;
using testing::MqttListener;
using testing::wait_for;

TEST(MqttBroker, AddressesAreTakenApart) {
  const auto plain = MqttBroker::parse("mqtt://host");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "host");
  EXPECT_EQ(plain->port, 1883);
  EXPECT_FALSE(plain->tls);
  const auto full = MqttBroker::parse("mqtts://us%40er:p%3Ass:x@[::1]:8884/");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->user, "us@er");
  EXPECT_EQ(full->password, "p:ss:x");
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->port, 8884);
  EXPECT_TRUE(full->tls);
  EXPECT_EQ(full->shown(), "mqtts://[::1]:8884");
  EXPECT_EQ(MqttBroker::parse("mqtts://h")->port, 8883);
  for (const char* bad :
       {"", "host", "http://host", "mqtt://", "mqtt://:1883", "mqtt://h:0", "mqtt://h:99999", "mqtt://h:1a",
        "mqtt://h/topic", "mqtt://u%4@h", "mqtt://[::1", "mqtt://u%zz@h"})
    EXPECT_FALSE(MqttBroker::parse(bad)) << bad;
}

std::string error_of(const MqttBroker& broker) {
  try {
    MqttClient client(broker, {"t/available", "offline"});
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

class MqttTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Mosquitto::installed()) GTEST_SKIP() << "mosquitto is not installed";
  }
};

TEST_F(MqttTest, ABrokerThatIsNotThereIsAnErrorWithItsAddress) {
  const Mosquitto broker;
  EXPECT_NE(error_of(*MqttBroker::parse(broker.address())).find(broker.address() + ": "), std::string::npos);
  EXPECT_NE(error_of(*MqttBroker::parse("mqtt://no.such.host.invalid")).find("name is not known"),
            std::string::npos)
      << error_of(*MqttBroker::parse("mqtt://no.such.host.invalid"));
}

TEST_F(MqttTest, ABrokerThatRefusesUsSaysWhy) {
  Mosquitto broker("allow_anonymous false\n");
  broker.start();
  const std::string error = error_of(*MqttBroker::parse(broker.address()));
  EXPECT_NE(error.find("refuses us: Connection Refused"), std::string::npos) << error;
  EXPECT_EQ(error.find("secret"), std::string::npos);
}

TEST_F(MqttTest, UserAndPasswordLetUsIn) {
  const testing::TemporaryFolder folder;
  const std::string file = (folder / "users").string();
  ASSERT_EQ(std::system(("mosquitto_passwd -b -c " + file + " door 'a:b@c'").c_str()), 0);
  Mosquitto broker("allow_anonymous false\npassword_file " + file + "\n");
  broker.start();
  auto address = *MqttBroker::parse(broker.address());
  address.user = "door";
  address.password = "wrong";
  EXPECT_NE(error_of(address).find("refuses us"), std::string::npos);
  address.password = "a:b@c";
  EXPECT_EQ(error_of(address), "none");
}

TEST_F(MqttTest, TlsTakesOnlyACertificateThatIsSignedForTheHost) {
  const testing::Certificates certificates;
  Mosquitto broker(certificates.broker_settings());
  broker.start();
  MqttBroker address = *MqttBroker::parse("mqtts://localhost:" + std::to_string(broker.port()));
  EXPECT_NE(error_of(address), "none") << "the system's certificates do not sign it";
  setenv("SSL_CERT_FILE", certificates.file("ca.pem").c_str(), 1);
  EXPECT_EQ(error_of(address), "none") << "now they do";
  unsetenv("SSL_CERT_FILE");
  address.authority = certificates.file("ca.pem");
  EXPECT_EQ(error_of(address), "none");
  address.host = "127.0.0.1";
  EXPECT_NE(error_of(address), "none") << "the certificate is another host's";
}

TEST_F(MqttTest, OurCertificateLetsUsIn) {
  const testing::Certificates certificates;
  Mosquitto broker(certificates.broker_settings() + "require_certificate true\n");
  broker.start();
  MqttBroker address = *MqttBroker::parse("mqtts://localhost:" + std::to_string(broker.port()));
  address.authority = certificates.file("ca.pem");
  EXPECT_NE(error_of(address), "none");
  address.certificate = certificates.file("cert.pem");
  address.key = certificates.file("key.pem");
  EXPECT_EQ(error_of(address), "none");
}

// Messages by a courier, as a sink sends them.
class Sender {
 public:
  Sender(const std::string& address, const std::filesystem::path& file)
      : spool_(std::make_shared<Spool>(file, ByteSize{1'000'000}, SpoolFormat{"mqtt", 1, true})),
        delivery_(std::make_shared<MqttDelivery>(*MqttBroker::parse(address), "t")),
        courier_("alert", spool_, delivery_, [] { return false; }) {}

  void put(int number) {
    spool_->put(std::vector<Message>{{"t/events", std::to_string(number)}});
    courier_.wake();
  }
  void announce(const std::string& topic, const std::string& payload) {
    delivery_->announce({{topic, payload, true}});
    courier_.wake();
  }
  void put_retained(const std::string& topic, const std::string& payload) {
    spool_->put(std::vector<Message>{{topic, payload, true}});
    courier_.wake();
  }
  void say_last(const std::string& topic, const std::string& payload) {
    delivery_->say_last({topic, payload, true});
    courier_.wake();
  }
  void forget(const std::string& topic) { delivery_->forget({{topic, "", true}}); }
  bool empty() const { return spool_->state().messages == 0; }
  Courier& courier() { return courier_; }

 private:
  std::shared_ptr<Spool> spool_;
  std::shared_ptr<MqttDelivery> delivery_;
  Courier courier_;
};

// Numbers that arrive, repeated ones left out: a broker that was killed may have had a message already, and
// may have forgotten what its listener has.
class Numbers {
 public:
  explicit Numbers(MqttListener& listener) : listener_(listener) {}
  // The next new one; -1 where one before it is missing.
  int next() {
    for (;;) {
      const std::string line = listener_.next();
      if (line.empty()) return -1;
      if (!line.starts_with("t/events ")) continue;
      const int number = std::stoi(line.substr(9));
      if (number <= last_) continue;
      if (number != last_ + 1) return -1;
      return last_ = number;
    }
  }

 private:
  MqttListener& listener_;
  int last_ = -1;
};

TEST_F(MqttTest, NothingIsLostOrOutOfOrderWhateverBecomesOfTheBroker) {
  const testing::TemporaryFolder folder;
  Mosquitto broker;
  broker.start();
  MqttListener listener(broker);
  Numbers numbers(listener);
  Sender sender(broker.address(), folder / "a.spool");
  int sent = 0;
  const auto send = [&] {
    for (int i = 0; i < 10; ++i) sender.put(sent++);
  };
  const auto expect_all = [&](const char* after) {
    int number = 0;
    while (number >= 0 && number < sent - 1) number = numbers.next();
    ASSERT_EQ(number, sent - 1) << after;
  };
  send();
  expect_all("at first");
  for (int round = 0; round < 2; ++round) {
    broker.stop();
    send();
    broker.start();
    send();
    expect_all("the broker was stopped");
    broker.freeze();
    send();
    broker.thaw();
    expect_all("the broker was frozen");
  }
  // A broker that is killed forgets what it has not written down, also for the listener; so while it
  // listens to nothing but us, we go on sending.
  broker.kill();
  send();
  broker.start();
  expect_all("the broker was killed");
  EXPECT_TRUE(wait_for([&] { return sender.empty(); }));
}

TEST_F(MqttTest, WhatWaitedWhenWeWereKilledIsSentByTheNextRun) {
  const testing::TemporaryFolder folder;
  Mosquitto broker;
  ASSERT_TRUE(testing::dies_by_kill([&] {
    Sender sender(broker.address(), folder / "a.spool");
    for (int i = 0; i < 20; ++i) sender.put(i);
    testing::die_by_kill();
  }));
  broker.start();
  MqttListener listener(broker);
  Numbers numbers(listener);
  Sender sender(broker.address(), folder / "a.spool");
  sender.put(20);
  for (int i = 0; i <= 20; ++i) ASSERT_EQ(numbers.next(), i);
}

// Such as those that an earlier version took from a webhook's spool: each would be tried for ever.
TEST_F(MqttTest, AMessageThatMqttDoesNotHaveIsRefusedAndHoldsNothingBack) {
  const testing::TemporaryFolder folder;
  Mosquitto broker;
  broker.start();
  MqttListener listener(broker);
  Sender sender(broker.address(), folder / "a.spool");
  sender.put_retained("", "no topic");
  sender.put_retained("t/#", "a pattern");
  sender.put(0);
  Numbers numbers(listener);
  EXPECT_EQ(numbers.next(), 0);
  EXPECT_TRUE(wait_for([&] { return sender.empty(); }));
  EXPECT_EQ(sender.courier().state().refused, 2);
  EXPECT_EQ(sender.courier().state().failures, 0);
}

std::string next_of(MqttListener& listener, const std::string& topic) {
  for (std::string line = listener.next(); !line.empty(); line = listener.next()) {
    if (line.starts_with(topic + " ")) return line.substr(topic.size() + 1);
  }
  return "none";
}

TEST_F(MqttTest, TheBrokerSaysWhetherWeAreThere) {
  const testing::TemporaryFolder folder;
  Mosquitto broker;
  broker.start();
  MqttListener listener(broker);
  {
    Sender sender(broker.address(), folder / "a.spool");
    EXPECT_EQ(next_of(listener, "t/available"), "online");
    sender.courier().close();
    EXPECT_EQ(next_of(listener, "t/available"), "offline");
  }
  ASSERT_TRUE(testing::dies_by_kill([&] {
    Sender sender(broker.address(), folder / "a.spool");
    sender.put(1);
    if (wait_for([&] { return sender.empty(); })) testing::die_by_kill();
  }));
  EXPECT_EQ(next_of(listener, "t/available"), "online");
  EXPECT_EQ(next_of(listener, "t/available"), "offline") << "the last will";
}

TEST_F(MqttTest, WhoIsThereSaysSoWhereAnotherOneOfTheTopicGoes) {
  const testing::TemporaryFolder folder;
  Mosquitto broker;
  broker.start();
  MqttListener listener(broker);
  Sender stays(broker.address(), folder / "a.spool");
  EXPECT_EQ(next_of(listener, "t/available"), "online");
  Sender goes(broker.address(), folder / "b.spool");
  EXPECT_EQ(next_of(listener, "t/available"), "online");
  goes.courier().close();
  EXPECT_EQ(next_of(listener, "t/available"), "offline");
  EXPECT_EQ(next_of(listener, "t/available"), "online");
}

TEST_F(MqttTest, WhoHasACameraSaysSoWhereAnotherOneOfTheTopicSaysOtherwise) {
  const testing::TemporaryFolder folder;
  Mosquitto broker;
  broker.start();
  const std::string camera = "t/streams/door/available", count = "t/door/wave";
  MqttListener listener(broker);
  std::map<std::string, std::vector<std::string>> said;
  const auto hear_until = [&](const std::string& last) {
    for (std::string line = listener.next(); !line.empty(); line = listener.next()) {
      const std::size_t space = line.find(' ');
      said[line.substr(0, space)].push_back(line.substr(space + 1));
      if (line == last) return true;
    }
    return false;
  };
  Sender stays(broker.address(), folder / "a.spool");
  stays.announce(camera, "online");
  stays.announce(count, "0");
  ASSERT_TRUE(hear_until(count + " 0"));
  stays.put_retained(count, "1");
  ASSERT_TRUE(hear_until(count + " 1"));
  Sender comes(broker.address(), folder / "b.spool");
  comes.announce(camera, "offline");
  ASSERT_TRUE(hear_until(camera + " offline"));
  ASSERT_TRUE(hear_until(camera + " online"));
  comes.announce(count, "0");
  ASSERT_TRUE(hear_until(count + " 0"));
  ASSERT_TRUE(hear_until(count + " 1"));
  broker.publish("t/end", "now", false);
  ASSERT_TRUE(hear_until("t/end now"));
  EXPECT_EQ(said[camera], (std::vector<std::string>{"online", "offline", "online"}));
  EXPECT_EQ(said[count], (std::vector<std::string>{"0", "1", "0", "1"}));
}

TEST_F(MqttTest, WhatBecameAnothersIsNotSaidAgain) {
  const testing::TemporaryFolder folder;
  Mosquitto broker;
  broker.start();
  Sender sender(broker.address(), folder / "a.spool");
  sender.announce("t/door/wave", "0");
  sender.announce("t/yard/wave", "0");
  sender.say_last("t/streams/door/available", "offline");
  sender.put(1);
  ASSERT_TRUE(wait_for([&] { return sender.empty(); }));
  sender.forget("t/door/wave");
  sender.put_retained("t/door/wave", "0");
  ASSERT_TRUE(wait_for([&] { return sender.empty(); }));
  broker.stop();
  broker.forget();
  broker.start();
  MqttListener listener(broker);
  std::set<std::string> heard;
  for (std::string line = listener.next(); line != "t/yard/wave 0" && !line.empty(); line = listener.next())
    heard.insert(line.substr(0, line.find(' ')));
  EXPECT_FALSE(heard.contains("t/door/wave"));
  EXPECT_FALSE(heard.contains("t/streams/door/available"));
}

TEST_F(MqttTest, WhatHasToStandThereIsPublishedAnewAfterTheBrokerForgot) {
  const testing::TemporaryFolder folder;
  Mosquitto broker;
  broker.start();
  Sender sender(broker.address(), folder / "a.spool");
  sender.announce("t/door/wave", "0");
  sender.announce("t/door/config", "{}");
  sender.put_retained("t/door/wave", "1");
  ASSERT_TRUE(wait_for([&] { return sender.empty(); }));
  broker.stop();
  broker.forget();
  broker.start();
  MqttListener listener(broker);
  EXPECT_EQ(next_of(listener, "t/door/config"), "{}");
  EXPECT_EQ(next_of(listener, "t/door/wave"), "1") << "and not the 0 of the beginning";
}

}  // namespace
}  // namespace actionflow
