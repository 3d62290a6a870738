//! Descriptors: what a compiler of Protobuf makes of `.proto` files. Only what the tables need.

use prost::Message as _;

#[derive(Clone, PartialEq, prost::Message)]
pub struct Set {
    #[prost(message, repeated, tag = "1")]
    pub files: Vec<File>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct File {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub package: String,
    #[prost(message, repeated, tag = "4")]
    pub messages: Vec<Message>,
    #[prost(message, repeated, tag = "5")]
    pub enums: Vec<Enum>,
    #[prost(message, repeated, tag = "7")]
    pub extensions: Vec<Field>,
    #[prost(message, optional, tag = "8")]
    pub options: Option<FileOptions>,
    #[prost(string, tag = "12")]
    pub syntax: String,
    #[prost(int32, tag = "14")]
    pub edition: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct FileOptions {
    #[prost(message, optional, tag = "50")]
    pub features: Option<Features>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Message {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, repeated, tag = "2")]
    pub fields: Vec<Field>,
    #[prost(message, repeated, tag = "3")]
    pub messages: Vec<Message>,
    #[prost(message, repeated, tag = "4")]
    pub enums: Vec<Enum>,
    #[prost(message, repeated, tag = "6")]
    pub extensions: Vec<Field>,
    #[prost(message, optional, tag = "7")]
    pub options: Option<MessageOptions>,
    #[prost(message, repeated, tag = "8")]
    pub oneofs: Vec<Oneof>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct MessageOptions {
    #[prost(bool, tag = "7")]
    pub map_entry: bool,
    #[prost(message, optional, tag = "12")]
    pub features: Option<Features>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Field {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub extendee: String,
    #[prost(int32, tag = "3")]
    pub number: i32,
    #[prost(int32, tag = "4")]
    pub label: i32,
    #[prost(int32, tag = "5")]
    pub kind: i32,
    #[prost(string, tag = "6")]
    pub type_name: String,
    #[prost(message, optional, tag = "8")]
    pub options: Option<FieldOptions>,
    #[prost(int32, optional, tag = "9")]
    pub oneof: Option<i32>,
    #[prost(string, optional, tag = "10")]
    pub json_name: Option<String>,
    #[prost(bool, tag = "17")]
    pub proto3_optional: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct FieldOptions {
    #[prost(bool, optional, tag = "2")]
    pub packed: Option<bool>,
    #[prost(message, optional, tag = "21")]
    pub features: Option<Features>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Oneof {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub options: Option<OneofOptions>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct OneofOptions {
    #[prost(message, optional, tag = "1")]
    pub features: Option<Features>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Enum {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, repeated, tag = "2")]
    pub values: Vec<EnumValue>,
    #[prost(message, optional, tag = "3")]
    pub options: Option<EnumOptions>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct EnumValue {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(int32, tag = "2")]
    pub number: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct EnumOptions {
    #[prost(message, optional, tag = "7")]
    pub features: Option<Features>,
}

/// What editions say instead of a syntax; 0: nothing.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Features {
    #[prost(int32, tag = "1")]
    pub presence: i32,
    #[prost(int32, tag = "2")]
    pub enums: i32,
    #[prost(int32, tag = "3")]
    pub repeated: i32,
    #[prost(int32, tag = "4")]
    pub utf8: i32,
    #[prost(int32, tag = "5")]
    pub messages: i32,
}

/// Labels of fields.
pub const REQUIRED: i32 = 2;
pub const REPEATED: i32 = 3;

/// Whether bytes are a set of descriptors: the first field is a file, whose first field is its name. Only the beginning
/// is looked at.
pub fn is_set(start: &[u8]) -> bool {
    let [0x0a, rest @ ..] = start else { return false };
    // The length of the file.
    let len = rest.iter().take(10).take_while(|byte| **byte >= 0x80).count() + 1;
    let Some([0x0a, name_len, name @ ..]) = rest.get(len..) else { return false };
    let name = &name[..name.len().min(usize::from(*name_len))];
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic()) && *name_len < 0x80
}

/// The files of a set.
pub fn read(set: &[u8]) -> Result<Vec<File>, String> {
    match Set::decode(set) {
        Ok(set) => Ok(set.files),
        Err(error) => Err(format!("it is not a set of descriptors that is whole: {error}")),
    }
}
