"""Between edXML messages and the platform's commands and documents."""
